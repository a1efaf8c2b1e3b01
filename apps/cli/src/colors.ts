import { isatty } from "node:tty";
import pico from "picocolors";

const standardOutput = 1;
const standardError = 2;

/** Colours for people: on a terminal, unless they are not wanted (https://no-color.org); none for files. */
export const colors: ReturnType<typeof pico.createColors> = pico.createColors(
  isatty(standardOutput) && isatty(standardError) && pico.isColorSupported,
);
