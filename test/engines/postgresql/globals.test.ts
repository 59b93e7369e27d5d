import { expect, it } from "vitest";
import { proveText } from "#engines/postgresql/globals.ts";

it("reads a text whole that comes in chunks of one memory, as the pipeline hands them over", async () => {
  let read = "";
  const proof = proveText((text) => {
    read = text;
  });
  const memory = Buffer.alloc(4);

  for (const piece of ["CREA", "TE R", "OLE "]) {
    memory.write(piece);
    await new Promise((written) => proof.stream.write(memory, written));
  }
  proof.stream.end();
  await proof.exitCodes;

  expect(read).toBe("CREATE ROLE ");
});
