/** Something that is wrong in a plan, with its path in the file. */
export type Problem = { path: string; message: string };
