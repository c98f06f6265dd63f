/** What a model can be asked for, as far as tasks and methods depend on it. */
export interface ModelAbilities {
  /** Id of a built-in model, or the name of an opened folder. */
  readonly id: string;
  readonly family: string;
  /** Its tokens see only what stands before them. */
  readonly causal: boolean;
  /** Its file holds the head that predicts words. */
  readonly languageModel: boolean;
}
