/** Weighted softmax cross entropy and hits, per row. */
import {
  argMin,
  equal,
  logicalAnd,
  logSoftmax,
  max,
  mul,
  neg,
  notEqual,
  oneHot,
  reshape,
  sub,
  sum,
  tensor1d,
  where,
  type Tensor,
} from "@tensorflow/tfjs-core";
import type { CrossEntropyNode } from "../../graph/operations/crossEntropy.ts";
import type { ForwardPass } from "../forwardPass.ts";
