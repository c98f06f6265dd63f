/** Every shader by name. One shader = one file; its header lists its bindings. */
import accumulateGradients from "./accumulateGradients.wgsl?raw";
import activation from "./activation.wgsl?raw";
import activationGradient from "./activationGradient.wgsl?raw";
import adamw from "./adamw.wgsl?raw";
import add from "./add.wgsl?raw";
import attention from "./attention.wgsl?raw";
import attentionDelta from "./attentionDelta.wgsl?raw";
import attentionKeyGradient from "./attentionKeyGradient.wgsl?raw";
import attentionKeyGradientTiles from "./attentionKeyGradientTiles.wgsl?raw";
import attentionQueryGradient from "./attentionQueryGradient.wgsl?raw";
import attentionQueryGradientTiles from "./attentionQueryGradientTiles.wgsl?raw";
import attentionShared from "./attentionShared.wgsl?raw";
import attentionTileShared from "./attentionTileShared.wgsl?raw";
import attentionTiles from "./attentionTiles.wgsl?raw";
import collectPartials from "./collectPartials.wgsl?raw";
import columnSum from "./columnSum.wgsl?raw";
import columns from "./columns.wgsl?raw";
import concatenate from "./concatenate.wgsl?raw";
import copy from "./copy.wgsl?raw";
import crossEntropy from "./crossEntropy.wgsl?raw";
import crossEntropyGradient from "./crossEntropyGradient.wgsl?raw";
import crossEntropyShared from "./crossEntropyShared.wgsl?raw";
import dropout from "./dropout.wgsl?raw";
import gather from "./gather.wgsl?raw";
import gradientNorm from "./gradientNorm.wgsl?raw";
import layerNorm from "./layerNorm.wgsl?raw";
import layerNormInputGradient from "./layerNormInputGradient.wgsl?raw";
import layerNormParameterGradient from "./layerNormParameterGradient.wgsl?raw";
import lstm from "./lstm.wgsl?raw";
import lstmGradient from "./lstmGradient.wgsl?raw";
import scale from "./scale.wgsl?raw";
import scatter from "./scatter.wgsl?raw";
import segmentCrossEntropy from "./segmentCrossEntropy.wgsl?raw";
import segmentCrossEntropyGradient from "./segmentCrossEntropyGradient.wgsl?raw";
import statistics from "./statistics.wgsl?raw";

export interface Kernel {
  readonly name: string;
  readonly code: string;
}

function tiled(name: string, code: string): Kernel {
  return { name, code: attentionShared + attentionTileShared + code };
}

export const kernels = {
  accumulateGradients: { name: "accumulateGradients", code: accumulateGradients },
  activation: { name: "activation", code: activation },
  activationGradient: { name: "activationGradient", code: activationGradient },
  adamw: { name: "adamw", code: adamw },
  add: { name: "add", code: add },
  attention: { name: "attention", code: attentionShared + attention },
  attentionDelta: { name: "attentionDelta", code: attentionDelta },
  attentionKeyGradient: { name: "attentionKeyGradient", code: attentionShared + attentionKeyGradient },
  attentionKeyGradientTiles: tiled("attentionKeyGradientTiles", attentionKeyGradientTiles),
  attentionQueryGradient: { name: "attentionQueryGradient", code: attentionShared + attentionQueryGradient },
  attentionQueryGradientTiles: tiled("attentionQueryGradientTiles", attentionQueryGradientTiles),
  attentionTiles: tiled("attentionTiles", attentionTiles),
  collectPartials: { name: "collectPartials", code: collectPartials },
  columnSum: { name: "columnSum", code: columnSum },
  columns: { name: "columns", code: columns },
  concatenate: { name: "concatenate", code: concatenate },
  copy: { name: "copy", code: copy },
  crossEntropy: { name: "crossEntropy", code: crossEntropyShared + crossEntropy },
  crossEntropyGradient: { name: "crossEntropyGradient", code: crossEntropyGradient },
  gather: { name: "gather", code: gather },
  gradientNorm: { name: "gradientNorm", code: gradientNorm },
  layerNorm: { name: "layerNorm", code: layerNorm },
  layerNormInputGradient: { name: "layerNormInputGradient", code: layerNormInputGradient },
  layerNormParameterGradient: { name: "layerNormParameterGradient", code: layerNormParameterGradient },
  lstm: { name: "lstm", code: lstm },
  lstmGradient: { name: "lstmGradient", code: lstmGradient },
  scale: { name: "scale", code: scale },
  dropout: { name: "dropout", code: dropout },
  scatter: { name: "scatter", code: scatter },
  segmentCrossEntropy: { name: "segmentCrossEntropy", code: crossEntropyShared + segmentCrossEntropy },
  segmentCrossEntropyGradient: { name: "segmentCrossEntropyGradient", code: segmentCrossEntropyGradient },
  statistics: { name: "statistics", code: statistics },
} as const satisfies Record<string, Kernel>;
