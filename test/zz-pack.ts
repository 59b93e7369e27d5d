import { packageEach } from "/work/wt-partial/test/suite/packages.ts";

await packageEach();
console.log("packaged");
