import type { Node } from "libpg-query";
import { type Client, escapeIdentifier } from "pg";
import { z } from "zod";
import { rows } from "./connection.ts";
import type { Statement } from "./globals.ts";

export type RolePlan = { created: string[]; statements: string[]; notes: string[] };

/**
 * What makes the roles that the point has and the target lacks. A role that is there is never altered, and it becomes a
 * member of nothing: that is for a person to decide, who finds the statement in the notes.
 */
export function planRoles(globals: Statement[], existing: Set<string>): RolePlan {
  const created = globals
    .flatMap(({ node }) => ("CreateRoleStmt" in node ? [node.CreateRoleStmt.role ?? ""] : []))
    .filter((role) => !existing.has(role));
  const plan: RolePlan = { created, statements: [], notes: [] };
  const withoutPassword: string[] = [];
  for (const { node, sql } of globals) {
    if ("GrantRoleStmt" in node) {
      const members = (node.GrantRoleStmt.grantee_roles ?? []).map(roleOf);
      const granted = (node.GrantRoleStmt.granted_roles ?? []).map(roleOf);
      // who granted it may not be there, and is not what matters
      const grant = sql.replace(/\s+GRANTED BY (?:"(?:[^"]|"")*"|[^\s"]+)\s*$/, "").trim();
      if (members.every((member) => created.includes(member))) plan.statements.push(grant);
      else if (granted.some((role) => created.includes(role)))
        plan.notes.push(
          `the role ${members.join(", ")} was there and was not altered; to make it a member of the new role as in the source: ${grant};`,
        );
    } else if (created.includes(subject(node) ?? "")) {
      plan.statements.push(sql.trim());
      if (canLoginWithoutPassword(node)) withoutPassword.push(subject(node) ?? "");
    }
  }
  for (const role of withoutPassword)
    plan.notes.push(
      `the new role ${role} has no password, since the point holds none for it: ALTER ROLE ${escapeIdentifier(role)} PASSWORD '…';`,
    );
  return plan;
}

export async function existingRoles(client: Client): Promise<Set<string>> {
  const found = await rows(client, z.object({ rolname: z.string() }), "select rolname from pg_catalog.pg_roles");
  return new Set(found.map(({ rolname }) => rolname));
}

/** All of them or none. */
export async function createRoles(client: Client, { statements }: RolePlan): Promise<void> {
  await client.query("BEGIN");
  try {
    for (const statement of statements) await client.query(statement);
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  }
}

/** Roles that a failed restore made; says which could not be dropped and why. */
export async function dropRoles(client: Client, roles: string[]): Promise<string[]> {
  const left: string[] = [];
  for (const role of roles)
    try {
      await client.query(`DROP ROLE IF EXISTS ${escapeIdentifier(role)}`);
    } catch (error) {
      left.push(`role ${role}: ${error instanceof Error ? error.message : String(error)}`);
    }
  return left;
}

/** The one role that a statement is about. Tablespaces and privileges on parameters are about the server: never run. */
function subject(node: Node): string | undefined {
  if ("CreateRoleStmt" in node) return node.CreateRoleStmt.role;
  if ("AlterRoleStmt" in node) return node.AlterRoleStmt.role?.rolename;
  if ("AlterRoleSetStmt" in node) return node.AlterRoleSetStmt.role?.rolename;
  if ("CommentStmt" in node && node.CommentStmt.objtype === "OBJECT_ROLE") {
    const role = node.CommentStmt.object;
    return role && "String" in role ? role.String.sval : undefined;
  }
  return undefined;
}

function canLoginWithoutPassword(node: Node): boolean {
  if (!("AlterRoleStmt" in node)) return false;
  const options = (node.AlterRoleStmt.options ?? []).flatMap((option) => ("DefElem" in option ? [option.DefElem] : []));
  const canLogin = options.some(
    ({ defname, arg }) => defname === "canlogin" && arg && "Boolean" in arg && arg.Boolean.boolval,
  );
  return canLogin && !options.some(({ defname }) => defname === "password");
}

function roleOf(node: Node): string {
  if ("RoleSpec" in node) return node.RoleSpec.rolename ?? "";
  if ("AccessPriv" in node) return node.AccessPriv.priv_name ?? "";
  return "";
}
