/** A pet's form: the photo is made small here, so that it goes over any line, and is shown. */

const SIDE_PX = 640;
const form = document.querySelector("[data-pet-form]");
const input = form.querySelector("input[type=file]");
const preview = form.querySelector("[data-preview]");

/** @returns {Promise<Blob | null>} null when the browser cannot read the picture */
async function small(file) {
  let picture;
  try {
    picture = await createImageBitmap(file);
  } catch {
    return null;
  }
  const scale = Math.min(1, SIDE_PX / Math.min(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  const side = Math.round(Math.min(picture.width, picture.height) * scale);
  canvas.width = canvas.height = side;
  const [width, height] = [picture.width * scale, picture.height * scale];
  const paint = canvas.getContext("2d");
  paint.drawImage(picture, (side - width) / 2, (side - height) / 2, width, height);
  picture.close();
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.85));
}

input.addEventListener("change", async () => {
  const [file] = input.files;
  const blob = file && (await small(file));
  if (!blob) return;
  const files = new DataTransfer();
  files.items.add(new File([blob], "photo.jpg", { type: "image/jpeg" }));
  input.files = files.files;
  if (preview.src.startsWith("blob:")) URL.revokeObjectURL(preview.src);
  preview.src = URL.createObjectURL(blob);
  preview.hidden = false;
  preview.nextElementSibling?.remove();
});
