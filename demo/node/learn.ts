/** What the index says: word → document → how often. */
export type Index = readonly (readonly [word: string, documents: Readonly<Record<string, number>>])[];

export interface Term {
  readonly word: string;
  readonly documents: number;
}
export interface Connection {
  readonly document: string;
  /** How many documents are about similar things. */
  readonly degree: number;
  readonly closest: string;
  /** The words that tie it to the closest, the strongest first. */
  readonly shared: readonly string[];
}

type Vector = Map<string, number>;

/** Two documents are connected when their cosine is at least so much (1: the same words, 0: none in common). */
const CONNECTED = 0.12;

/**
 * tf-idf: a word counts for a document by how often it says it, and the more the fewer others say it. Vectors have
 * length 1, so that long documents weigh no more than short ones.
 */
function vectorsOf(index: Index): Map<string, Vector> {
  const vectors = new Map<string, Vector>();
  const names = new Set(index.flatMap(([, documents]) => Object.keys(documents)));
  for (const [word, documents] of index) {
    const rarity = Math.log(names.size / Object.keys(documents).length);
    for (const [name, count] of Object.entries(documents)) {
      const vector = vectors.get(name) ?? new Map();
      vectors.set(name, vector.set(word, (1 + Math.log(count)) * rarity));
    }
  }
  for (const vector of vectors.values()) {
    const length = Math.hypot(...vector.values()) || 1;
    for (const [word, weight] of vector) vector.set(word, weight / length);
  }
  return vectors;
}

/** The words that matter most in all documents together; a word of one document only is its own affair. */
export function topTerms(index: Index, most: number): Term[] {
  const sums = new Map<string, number>();
  for (const vector of vectorsOf(index).values()) {
    for (const [word, weight] of vector) sums.set(word, (sums.get(word) ?? 0) + weight);
  }
  return index
    .map(([word, documents]) => ({ word, documents: Object.keys(documents).length }))
    .filter((term) => term.documents > 1)
    .sort((a, b) => (sums.get(b.word) ?? 0) - (sums.get(a.word) ?? 0) || (a.word < b.word ? -1 : 1))
    .slice(0, most);
}

/** The documents with the most connections, with the one each is closest to. */
export function mostConnected(index: Index, most: number): Connection[] {
  const vectors = [...vectorsOf(index)];
  const connections = vectors.map(([document, vector]): Connection => {
    const others = vectors
      .filter(([name]) => name !== document)
      .map(([name, other]) => ({ name, ...cosine(vector, other) }))
      .sort((a, b) => b.score - a.score || (a.name < b.name ? -1 : 1));
    const [closest] = others;
    const degree = others.filter(({ score }) => score >= CONNECTED).length;
    return { document, degree, closest: closest?.name ?? "", shared: closest?.shared ?? [] };
  });
  return connections
    .filter(({ degree }) => degree > 0)
    .sort((a, b) => b.degree - a.degree || (a.document < b.document ? -1 : 1))
    .slice(0, most);
}

function cosine(a: Vector, b: Vector): { score: number; shared: string[] } {
  const parts = [...a].map(([word, weight]) => ({ word, part: weight * (b.get(word) ?? 0) }));
  const shared = parts.filter(({ part }) => part > 0).sort((x, y) => y.part - x.part);
  return {
    score: shared.reduce((sum, { part }) => sum + part, 0),
    shared: shared.slice(0, 3).map(({ word }) => word),
  };
}
