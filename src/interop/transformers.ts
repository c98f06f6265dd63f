/**
 * The only file that knows transformers.js. It is loaded when an opened model brings a tokenizer that is not WordPiece;
 * the built-in models never need it. Only its tokenizers are used: models run on the studio's own engine.
 */
import type { PieceLibrary } from "../models/tokenizer.ts";

/** Pieces of any tokenizer that transformers.js reads, from the contents of tokenizer.json and tokenizer_config.json. */
export async function openPieceLibrary(tokenizer: object, config: object): Promise<PieceLibrary> {
  const { PreTrainedTokenizer } = await import("@xenova/transformers");
  const library = new PreTrainedTokenizer(tokenizer, config);
  const ids = library.get_vocab();
  const texts = new Map([...ids].map(([text, id]) => [id, text]));
  return {
    idsOf: (text) => library.encode(text, { add_special_tokens: false }),
    idOf: (token) => ids.get(token),
    textOf: (id) => texts.get(id),
  };
}
