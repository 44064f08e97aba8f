// Names of files in patches: which are refused because they leave the tree or mean something to git or a terminal.

/** Longer names than any file system takes. */
const MAX_PATH = 4096;

/** Why a name in a patch is not followed; undefined for one that stays in the tree. */
export function refusePath(path: string): string | undefined {
  if (path === "") return "an empty name";
  if (path.length > MAX_PATH) return "a name that is longer than any file system takes";

  if (/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/.test(path)) return "control characters in a name";
  if (path.startsWith("/") || /^[A-Za-z]:[\\/]/.test(path)) return "an absolute path";
  const parts = path.split("/");
  if (parts.includes("..")) return "a path that leaves the tree";
  if (parts.some((part) => part === "" || part === ".")) return "a path that is not in its plain form";
  if (path.includes("\\")) return "a backslash in a name";
  // HFS+ and NTFS fold these into .git, and so does git when it refuses them.
  if (
    parts.some((part) =>
      /^\.git(?:modules)?$|^git~1$/i.test(part.replace(/[\u200c-\u200f\ufeff]/g, "").replace(/[. ]+$/, "")),
    )
  )
    return "a path into .git";
  return undefined;
}

/** A text with what could steer a terminal or hide text taken out of it, one `?` for each; line ends and tabs stay. */
export function harmless(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, "?");
}
