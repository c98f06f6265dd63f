/** The words of an error, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Settings that do not fit each other, the model or the labels: a mistake of the settings, whatever was asked for. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

/** Examples or files that cannot be used as they are: a mistake of what was given, whatever was asked for. */
export class DataError extends Error {
  override readonly name = "DataError";
}
