// Which class a file of a folder belongs to: by the names of the folders above it.

const SPLITS = new Set(["train", "val", "valid", "validation", "test"]);
const IMAGE = /\.(jpe?g|jpe|jfif|png|webp|gif|bmp|tiff?|avif|heic|heif|jp2|ppm|pgm)$/i;

/** Whether a file looks like a photo; what it is, the server finds out. */
export const looksLikeImage = ({ name, type = "" }) => !name.startsWith(".")
  && (type.startsWith("image/") || IMAGE.test(name));

/**
 * files: [{path: "pets/cats/1.jpg", name, blob}] of one chosen folder.
 * Returns {classes: Map of class → files, outside: files in no class folder, others: no images}.
 */
export function byClass(files) {
  const [classes, outside, others] = [new Map(), [], []];
  for (const file of files) {
    const folders = file.path.split("/").slice(1, -1);
    if (folders.length > 1 && SPLITS.has(folders[0].toLowerCase())) folders.shift();
    if (!looksLikeImage(file) || folders.some((name) => name.startsWith("."))) others.push(file);
    else if (!folders.length) outside.push(file);
    else if (classes.has(folders[0])) classes.get(folders[0]).push(file);
    else classes.set(folders[0], [file]);
  }
  return { classes, outside, others };
}
