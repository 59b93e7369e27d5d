/** Mounted into the container of the tests as a volume of its own, as a task has its file systems. */
export const testFileSystem = "fs-0f11e50000000001";
