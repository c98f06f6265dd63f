/**
 * Takes the place of `sharp`: transformers.js imports it on start, but only images would call it.
 * Not an image library; calling it says so.
 */
export default function sharp() {
  throw new Error("Images are not supported: Softprompt Studio reads text only and ships no image library.");
}
