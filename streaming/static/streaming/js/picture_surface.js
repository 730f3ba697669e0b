/** A canvas that shows one JPEG after the other. */
export function makePictureSurface() {
  const canvas = document.createElement("canvas");
  canvas.width = 16;
  canvas.height = 9;
  return canvas;
}

/** Decode and draw; rejects when `blob` is no picture. */
export async function drawPicture(canvas, blob) {
  const bitmap = await createImageBitmap(blob);
  if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) {
    canvas.width = bitmap.width;
    canvas.height = bitmap.height;
  }
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  bitmap.close();
}
