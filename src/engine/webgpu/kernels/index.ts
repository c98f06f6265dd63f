/** Every shader by name. One shader = one file; its header lists its bindings. */
import activation from "./activation.wgsl?raw";
import activationGradient from "./activationGradient.wgsl?raw";
import adamw from "./adamw.wgsl?raw";
import add from "./add.wgsl?raw";
import attention from "./attention.wgsl?raw";
import attentionDelta from "./attentionDelta.wgsl?raw";
import attentionKeyValueGradient from "./attentionKeyValueGradient.wgsl?raw";
import attentionPromptGradient from "./attentionPromptGradient.wgsl?raw";
import attentionQueryGradient from "./attentionQueryGradient.wgsl?raw";
import collectPartials from "./collectPartials.wgsl?raw";
import columnSum from "./columnSum.wgsl?raw";
import copy from "./copy.wgsl?raw";
import crossEntropy from "./crossEntropy.wgsl?raw";
import crossEntropyGradient from "./crossEntropyGradient.wgsl?raw";
import gather from "./gather.wgsl?raw";
import gradientNorm from "./gradientNorm.wgsl?raw";
import layerNorm from "./layerNorm.wgsl?raw";
import layerNormInputGradient from "./layerNormInputGradient.wgsl?raw";
import layerNormParameterGradient from "./layerNormParameterGradient.wgsl?raw";
import matmulRegisters from "./matmulRegisters.wgsl?raw";
import matmulSubgroups from "./matmulSubgroups.wgsl?raw";
import matmulTiles from "./matmulTiles.wgsl?raw";
import scatter from "./scatter.wgsl?raw";
import statistics from "./statistics.wgsl?raw";

export interface Kernel {
  readonly name: string;
  readonly code: string;
}

export const kernels = {
  activation: { name: "activation", code: activation },
  activationGradient: { name: "activationGradient", code: activationGradient },
  adamw: { name: "adamw", code: adamw },
  add: { name: "add", code: add },
  attention: { name: "attention", code: attention },
  attentionDelta: { name: "attentionDelta", code: attentionDelta },
  attentionKeyValueGradient: { name: "attentionKeyValueGradient", code: attentionKeyValueGradient },
  attentionPromptGradient: { name: "attentionPromptGradient", code: attentionPromptGradient },
  attentionQueryGradient: { name: "attentionQueryGradient", code: attentionQueryGradient },
  collectPartials: { name: "collectPartials", code: collectPartials },
  columnSum: { name: "columnSum", code: columnSum },
  copy: { name: "copy", code: copy },
  crossEntropy: { name: "crossEntropy", code: crossEntropy },
  crossEntropyGradient: { name: "crossEntropyGradient", code: crossEntropyGradient },
  gather: { name: "gather", code: gather },
  gradientNorm: { name: "gradientNorm", code: gradientNorm },
  layerNorm: { name: "layerNorm", code: layerNorm },
  layerNormInputGradient: { name: "layerNormInputGradient", code: layerNormInputGradient },
  layerNormParameterGradient: { name: "layerNormParameterGradient", code: layerNormParameterGradient },
  matmulRegisters: { name: "matmulRegisters", code: matmulRegisters },
  matmulSubgroups: { name: "matmulSubgroups", code: matmulSubgroups },
  matmulTiles: { name: "matmulTiles", code: matmulTiles },
  scatter: { name: "scatter", code: scatter },
  statistics: { name: "statistics", code: statistics },
} as const satisfies Record<string, Kernel>;
