import { execa } from "execa";

/**
 * The containers' network needs root. Whoever is not root is asked by sudo, once, for this very program; the exit code is
 * then that of the program.
 */
export async function asRoot(): Promise<void> {
  if (process.getuid?.() === 0) return;
  process.stdout.write("The containers' network needs root: sudo runs the rest.\n");
  const { exitCode } = await execa("sudo", ["--preserve-env=PATH,CI", process.execPath, ...process.argv.slice(1)], {
    env: { PATH: `${process.env["PATH"]}:/usr/local/sbin:/usr/sbin:/sbin` }, // an ordinary user's has no iptables, which podman's network needs
    stdio: "inherit",
    reject: false,
  });
  process.exit(exitCode ?? 1);
}
