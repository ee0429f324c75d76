/** What keepstate's sources ask of a platform before they use it, and the types of this one do not say. */
declare function clearTimeout(handle: number | undefined): void;

/** A timer is a number here and an object in Node. */
interface Number {
  unref?(): unknown;
}
