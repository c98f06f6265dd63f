/** Shader files are imported as text: `import code from "./kernels/add.wgsl?raw"`. */
declare module "*.wgsl?raw" {
  const code: string;
  export default code;
}
