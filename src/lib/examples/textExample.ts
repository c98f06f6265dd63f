/** One labelled example as it stands in a file: a text, or a pair of texts. */
export interface TextExample {
  readonly text: string;
  readonly textPair?: string;
  readonly label: string;
}
