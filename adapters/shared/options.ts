/**
 * Refuses, as a TypeError, what is no object of options, and options that nobody reads. Programs without types give a name
 * or a path alone where an object is wanted, so the message shows `example`: a right call, which begins with the adapter's
 * name.
 */
export function checkOptions(example: string, given: object, known: readonly string[]): void {
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw new TypeError(`Options are given in an object, such as ${example}.`);
  for (const option of Object.keys(given)) {
    if (!known.includes(option))
      throw new TypeError(`There is no option "${option}"; known are ${known.join(", ")}, as in ${example}.`);
  }
}
