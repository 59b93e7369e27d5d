import { once } from "node:events";
import { createServer } from "node:net";
import { z } from "zod";
import { stageAddresses } from "#local/stage-layout.ts";
import type { Shell } from "./reader.ts";
import type { Scene } from "./scene.ts";

const LINE = /^<130>1 \S+ \S+ holdfast .*Nothing is wrong\.$/m; // local0.crit, as RFC 5424 has it
const MOST_RUNS = 10;

/** Somebody's syslog: it hears what the page's commands forward, beside what else is told meanwhile. */
export async function syslog(): Promise<Scene> {
  let heard = "";
  const server = createServer((connection) => connection.on("data", (bytes) => (heard += bytes)));
  server.listen(0, "0.0.0.0").unref();
  await once(server, "listening");
  const { port } = z.object({ port: z.number() }).parse(server.address());
  const isHeard = async (_: string, shell: Shell) => {
    for (let runs = 0; !LINE.test(heard); runs++) {
      if (runs === MOST_RUNS) throw new Error(`syslog has not heard of it:\n${heard}`);
      await shell("forward");
    }
    server.close();
    return {};
  };
  return {
    bindings: { "syslog.example.com": stageAddresses.gateway, "514": `${port}` },
    steps: [
      { shows: ["-critical:", "-warning:", "-info:"] },
      { shows: [] },
      { shows: ['"MessageId"'], until: isHeard },
      { shows: [] },
    ],
  };
}
