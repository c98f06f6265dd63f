/** One weight of a model and how many numbers it has. */
export interface WeightSize {
  readonly name: string;
  readonly numbers: number;
}

/** Sizes of a frozen model, as the page and the methods' counts need them. */
export interface ModelDimensions {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly feedForward: number;
  readonly vocabulary: number;
  readonly positions: number;
  readonly tokenTypes: number;
  /** All weights of the frozen model. */
  readonly parameters: number;
  /** The same weight by weight, for methods that train some of them. */
  readonly weights: readonly WeightSize[];
}
