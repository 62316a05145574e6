// A photo becomes a plane of brightness. It stays in this tab: nothing is sent anywhere.

const LONGEST = 512; // px of the side that is worked on
const LARGEST = 64 * 1024 * 1024;

export class PhotoError extends Error {}

/** Decode a file, turn it as its EXIF says, shrink it, and weigh its colours. */
export async function readPhoto(blob, name) {
  if (blob.size > LARGEST) {
    throw new PhotoError(`${name} has ${Math.round(blob.size / 1e6)} MB; at most 64 MB, please.`);
  }
  let full;
  try {
    full = await createImageBitmap(blob, { imageOrientation: "from-image" });
  } catch {
    throw new PhotoError(`${name} cannot be read as an image; choose a JPEG, PNG or WebP.`);
  }
  try {
    return await toPlane(full, full.width, full.height, name);
  } finally {
    full.close();
  }
}

/** The same for a frame of a video. */
export const readFrame = (video) => toPlane(video, video.videoWidth, video.videoHeight, "Webcam");

async function toPlane(picture, fullWidth, fullHeight, name) {
  const scale = Math.min(1, LONGEST / Math.max(fullWidth, fullHeight));
  const width = Math.max(1, Math.round(fullWidth * scale));
  const height = Math.max(1, Math.round(fullHeight * scale));
  const small = scale < 1
    ? await createImageBitmap(picture, {
      resizeWidth: width, resizeHeight: height, resizeQuality: "medium" }) : picture;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.drawImage(small, 0, 0);
  const { data } = pen.getImageData(0, 0, width, height);
  if (small !== picture) small.close();
  const plane = new Float32Array(width * height);
  const rgb = new Uint8ClampedArray(width * height * 3);
  let clear = false;
  for (let i = 0; i < plane.length; i += 1) {
    const alpha = data[i * 4 + 3];
    clear ||= alpha < 255;
    for (let k = 0; k < 3; k += 1) {
      // What shows through a photo is white paper.
      rgb[i * 3 + k] = (data[i * 4 + k] * alpha + 255 * (255 - alpha)) / 255;
    }
    plane[i] = Math.round(0.299 * rgb[i * 3] + 0.587 * rgb[i * 3 + 1] + 0.114 * rgb[i * 3 + 2]);
  }
  const steps = [
    `${fullWidth} × ${fullHeight} pixels, turned upright by EXIF`,
    clear && "transparent parts laid on white",
    scale < 1 && `shrunk to ${width} × ${height}`,
    "brightness = 0.299 R + 0.587 G + 0.114 B, rounded to 0–255",
  ].filter(Boolean);
  return { name, width, height, plane, rgb, steps };
}

/** Rows of the plane: the part that the loupe shows. */
export function cut(photo, top, left, side) {
  const [rows, columns] = [Math.min(side, photo.height), Math.min(side, photo.width)];
  return Array.from({ length: rows }, (_, r) => Array.from({ length: columns },
    (_unused, c) => photo.plane[(top + r) * photo.width + left + c]));
}
