import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer as createTcpServer, type Server } from "node:net";
import { onTestFinished } from "vitest";

/** The port of a server that ends with the test. */
export async function listening(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const address = server.address();
  return typeof address === "object" && address ? address.port : 0;
}

/** A process that listens and never accepts: when its queue is full, Linux drops every packet that would open a connection. */
export async function portThatSwallows(): Promise<number> {
  const free = createTcpServer();
  const port = await listening(free);
  free.close();
  const script = `require("net").createServer().listen({ port: ${port}, host: "127.0.0.1", backlog: 1 }, () => {
    require("fs").writeSync(1, "listening");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  })`;
  const process = spawn("node", ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void process.kill("SIGKILL"));
  await once(process.stdout, "data");
  for (let waiting = 0; waiting < 4; waiting++) {
    const socket = connect({ port, host: "127.0.0.1" }).on("error", () => {});
    onTestFinished(() => void socket.destroy());
  }
  return port;
}
