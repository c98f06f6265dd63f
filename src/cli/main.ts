/** The command line's entry in a process of its own. */
import { runCommandLine } from "./commandLine.ts";

process.exitCode = await runCommandLine(process.argv.slice(2));
