import { createServer } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { preflight } from "#engines/files/preflight.ts";
import { everythingIn, filesWorld, sh } from "./files-world.ts";

it("S19: captures and restores names in any bytes, all kinds of entries, and everything that tells one from another", async () => {
  const world = await filesWorld();
  const tree = `${world.folder}/tree`;
  sh(
    tree,
    String.raw`
    printf 1 > "$(printf 'new\nline')"; printf 2 > "$(printf 'not-\377\376-utf8')"; printf 3 > 'quote"and'\''back\slash'
    printf 4 > 'back\nslash'; printf 5 > -rf; printf 6 > '--file=x'; printf 7 > 'käse 🧀'; printf 8 > '$(id)'; printf 9 > ' '
    printf 10 > '*'; printf 11 > 'a:b'; printf 12 > "$(printf 'tab\tand\033[31mred')"; mkdir '@{dir'; printf 13 > '@{dir/!#'
    printf 14 > $(printf 'n%.0s' {1..255}); mkdir empty; mkdir -p $(printf 'deep/%.0s' {1..60}); printf 15 > $(printf 'deep/%.0s' {1..60})file
    printf 16 > one; ln one two; ln one '@{dir/three'; ln -s nowhere dangling; ln -s . loop; ln -s ../tree/loop2 loop2; ln -s /etc/passwd absolute
    ln -s "$(printf 'x\377y')" bad-target
    mkfifo fifo; mkdir sticky; chmod 1777 sticky; touch setuid; chown 1000:2000 setuid; chmod 6755 setuid; touch none; chmod 0 none
    chown 4000000000:3999999999 one; chown -h 5:6 dangling; touch -d '1969-07-20 20:17:40.5 UTC' one; touch -d '2038-12-31 UTC' fifo
    touch -h -d '2001-02-03 04:05:06.789012345 UTC' dangling; chmod 2750 empty; touch -d '2020-02-02 02:02:02 UTC' empty
    dd if=/dev/urandom of=large bs=1M count=3 status=none; printf x >> large
    `,
  );

  const captured = await world.capture();
  await world.restore();

  expect(captured.limits).toEqual([]);
  expect(captured.facts?.["tree"]).toMatchObject({ hardLinks: 2, symlinks: 5, fifos: 1 });
  expect(everythingIn(`${world.folder}/target`)).toBe(everythingIn(tree));
  expect(sh(world.folder, "stat -c %i target/one target/two target/@*/three | sort -u | wc -l").trim()).toBe("1");
});

it("S19: never opens a FIFO, and says which sockets are in no archive", async () => {
  const world = await filesWorld();
  const tree = `${world.folder}/tree`;
  sh(tree, "mkfifo waits-for-ever; mkdir run; echo 1 > file");
  const server = createServer().listen(`${tree}/run/app.sock`);
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once("listening", resolve));

  const { findings } = await preflight(await world.tools(), world.source);
  const captured = await world.capture();
  await world.restore();

  expect(findings["notCaptured"]).toBe("1 sockets: run/app.sock");
  expect(captured.limits).toEqual(["1 sockets, which no archive holds: run/app.sock"]);
  expect(sh(`${world.folder}/target`, "find . | sort")).toBe(".\n./file\n./run\n./waits-for-ever\n");
});

it("S19: keeps holes holes, and finds the same tree whether its zeros are stored or not", async () => {
  const world = await filesWorld();
  const tree = `${world.folder}/tree`;
  sh(
    tree,
    `truncate -s 20G all-hole; truncate -s 64M image; printf data | dd of=image bs=1 seek=50000001 conv=notrunc status=none
    printf end >> image; dd if=/dev/zero of=stored-zeros bs=1M count=2 status=none; printf x >> stored-zeros; truncate -s 5000 small`,
  );

  const captured = await world.capture();
  await world.restore();

  expect(captured.facts).toMatchObject({ tree: { files: 4, bytes: 20 * 2 ** 30 + 2 ** 26 + 3 + 2 ** 21 + 1 + 5000 } });
  expect(world.stored[0]?.length).toBeLessThan(3 * 2 ** 20);
  expect(
    sh(
      world.folder,
      "cmp tree/image target/image && cmp tree/stored-zeros target/stored-zeros && du -s target | cut -f 1",
    ),
  ).toMatch(/^2\d{3}\n$/);
});

it("S19: keeps extended attributes and ACLs byte for byte, where the file system has them", async () => {
  const world = await filesWorld();
  const tree = `${world.folder}/tree`;
  sh(
    tree,
    String.raw`echo 1 > file; perl -e '
      my ($file, $name, $value) = ("file", "user.origin", "a\0b\n=\xff"); syscall(188, $file, $name, $value, length $value, 0) and die $!;
      my ($acl, $bits) = ("system.posix_acl_access", pack("V" . "vvV" x 5, 2, 1,6,~0, 2,4,1234, 4,4,~0, 16,4,~0, 32,4,~0));
      syscall(188, $file, $acl, $bits, length $bits, 0) and die $!'`,
  );
  const attributes = (folder: string) =>
    sh(
      folder,
      String.raw`perl -e 'for (qw(user.origin system.posix_acl_access)) { my $n = $_; my $v = " " x 200; my $f = "file"; my $l = syscall(191, $f, $n, $v, 200); print "$n ", unpack("H*", substr($v, 0, $l)), "\n" }'`,
    );

  await world.capture();
  await world.restore();

  expect(attributes(tree)).toContain("user.origin 6100620a3dff");
  expect(attributes(`${world.folder}/target`)).toBe(attributes(tree));
});
