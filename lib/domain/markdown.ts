/** What people have written becomes no markup. */
export const plain = (text: string) => text.replaceAll(/\s+/g, " ").replaceAll(/[<>|`*_[\]#]/g, "\\$&");
