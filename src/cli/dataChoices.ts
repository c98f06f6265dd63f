/** Which data sets a command line names: one, or several that share a prompt. */
import { UsageError } from "./usage.ts";

/** Where the examples of one data set are, and their task where the data does not tell it. */
export interface DataChoice {
  readonly data?: string;
  readonly train?: string;
  readonly eval?: string;
  readonly task?: string;
}

/** One choice per --data or --train; --eval and --task belong to them in their order, and a single --task to all. Throws when their numbers differ. */
export function dataChoices(given: Readonly<Record<keyof DataChoice, string[] | undefined>>): DataChoice[] {
  const { data = [], train = [], eval: evaluations = [], task: tasks = [] } = given;
  if (data.length > 0 && train.length > 0) throw new UsageError("Give either --data or --train, not both.");
  const count = Math.max(data.length, train.length);
  if (count > 1 && evaluations.length > 0 && evaluations.length !== count) {
    throw new UsageError(
      `Expected one --eval for each of the ${count} --train or none at all, got ${evaluations.length}.`,
    );
  }
  if (tasks.length > 1 && tasks.length !== count) {
    throw new UsageError(`Expected one --task, or one for each of the ${count} data sets, got ${tasks.length}.`);
  }
  return Array.from({ length: Math.max(1, count) }, (_, place) => {
    const task = tasks.length > 1 ? tasks[place] : tasks[0];
    const [own, file, evaluation] = [data[place], train[place], evaluations[place]];
    return {
      ...(own === undefined ? {} : { data: own }),
      ...(file === undefined ? {} : { train: file }),
      ...(evaluation === undefined ? {} : { eval: evaluation }),
      ...(task === undefined ? {} : { task }),
    };
  });
}
