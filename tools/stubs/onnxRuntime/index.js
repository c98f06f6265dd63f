/**
 * Takes the place of `onnxruntime-node` and `onnxruntime-web`, which transformers.js imports on start.
 * It offers the shared classes (tensors are real), but registers no backend: creating a session is refused.
 */
export { env, Tensor } from "onnxruntime-common";

/** Refuses every model, because the tokenizers are the only part of transformers.js that is used here. */
export const InferenceSession = {
  create() {
    return Promise.reject(
      new Error(
        "No ONNX runtime is installed: models run on this project's own engine. Use transformers.js for tokenizers only.",
      ),
    );
  },
};
