import type { DurableStorageLike, SqlLike } from "../../adapters/durable-object/index.ts";

export interface Counts {
  rowsRead: number;
  rowsWritten: number;
  /** Bytes of the values that came out of the storage. */
  bytesRead: number;
  statements: number;
}

/** The same storage, with what its SQL costs counted as the platform counts it. */
export function counting(storage: DurableObjectStorage): { storage: DurableStorageLike; take(): Counts } {
  const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
  let bytesRead = 0;

  const sql: SqlLike = {
    exec(query, ...bindings) {
      const cursor = storage.sql.exec(query, ...bindings);
      cursors.push(cursor);
      return {
        rowsWritten: cursor.rowsWritten,
        toArray() {
          const rows = cursor.toArray();
          for (const value of rows.flatMap((row) => Object.values(row))) {
            if (value instanceof ArrayBuffer) bytesRead += value.byteLength;
          }
          return rows;
        },
      };
    },
  };

  const counted = new Proxy(storage, {
    get(target, name) {
      if (name === "sql") return sql;
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });

  return {
    storage: counted,
    take() {
      const counts: Counts = { rowsRead: 0, rowsWritten: 0, bytesRead, statements: cursors.length };
      for (const { rowsRead, rowsWritten } of cursors.splice(0)) {
        counts.rowsRead += rowsRead;
        counts.rowsWritten += rowsWritten;
      }
      bytesRead = 0;
      return counts;
    },
  };
}
