/** Vite gives a file's text. */
declare module "*?raw" {
  const text: string;
  export default text;
}

/** Vite takes care of style sheets. */
declare module "*.css";
