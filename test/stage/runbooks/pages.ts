import { readdir, readFile } from "node:fs/promises";
import { marked, type Token, type Tokens } from "marked";

/** `commands`: what a reader would run, in the order of the page; blocks of shell, and commands within the text. */
export type Page = { name: string; commands: string[] };

const FOLDER = "docs/runbooks";
const INDEX = "README.md";
/** A block of another language has to say so: one that says nothing would be a command that nobody runs. */
const NO_SHELL = ["json", "text", "yaml"];

/** Every page of docs/runbooks but its index, that of syslog, and what the README says for the night. */
export async function readPages(): Promise<Page[]> {
  const files = (await readdir(FOLDER)).filter((file) => file.endsWith(".md") && file !== INDEX).toSorted();
  const runbooks = files.map(async (file) => ({
    name: file.slice(0, -".md".length),
    tokens: await tokensOf(`${FOLDER}/${file}`),
  }));
  const readme = await tokensOf("README.md");
  const forTheNight = ["Restore at 03:00", "Incidents"].map((name) => ({ name, tokens: sectionOf(readme, name) }));
  const syslog = { name: "syslog", tokens: await tokensOf("docs/syslog.md") };
  return [...(await Promise.all(runbooks)), syslog, ...forTheNight].map(({ name, tokens }) => ({
    name,
    commands: commandsIn(name, tokens),
  }));
}

/** What the index says for all pages: the commands that come first, and what in a command stands for something else. */
export async function readIndex(): Promise<{ commands: string[]; placeholders: string[] }> {
  const tokens = await tokensOf(`${FOLDER}/${INDEX}`);
  const table = tokens.findLast((token): token is Tokens.Table => token.type === "table");
  const placeholders = (table?.rows ?? []).flatMap(([cell]) => codeIn(cell?.tokens ?? []));
  return { commands: commandsIn(INDEX, tokens), placeholders };
}

const tokensOf = async (file: string): Promise<Token[]> => marked.lexer(await readFile(file, "utf8"));

function sectionOf(tokens: Token[], title: string): Token[] {
  const isHeading = (token: Token, text?: string) =>
    token.type === "heading" && token["depth"] === 2 && (text === undefined || token["text"] === text);
  const start = tokens.findIndex((token) => isHeading(token, title));
  if (start < 0) throw new Error(`there is no section "${title}"`);
  const length = tokens.slice(start + 1).findIndex((token) => isHeading(token));
  return tokens.slice(start, length < 0 ? undefined : start + 1 + length);
}

function commandsIn(name: string, tokens: Token[]): string[] {
  const found: string[] = [];
  marked.walkTokens(tokens, (token) => {
    if (token.type === "code" && isShell(name, token["lang"])) found.push(token["text"]);
    if (token.type === "codespan" && /^(aws|npx) /.test(token["text"])) found.push(token["text"]);
  });
  return found;
}

function isShell(name: string, language = ""): boolean {
  if (language !== "bash" && !NO_SHELL.includes(language))
    throw new Error(`${name}: a block of "${language}": commands are bash, anything else is ${NO_SHELL.join(", ")}`);
  return language === "bash";
}

function codeIn(tokens: Token[]): string[] {
  const found: string[] = [];
  marked.walkTokens(tokens, (token) => void (token.type === "codespan" && found.push(token["text"])));
  return found;
}
