import type { Database } from './database.ts';
import type { KeyPlace } from './records.ts';

export interface Tag {
  readonly TagKey: string;
  readonly TagValue: string;
}

/** The tags of keys. */
export class TagStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Sets tags; false, and none is set, when the key would have more than `most`. */
  set(key: KeyPlace, tags: readonly Tag[], most: number): boolean {
    let fits = true;
    this.#db.transaction(() => {
      const keys = new Set([...this.list(key, '', -1), ...tags].map((tag) => tag.TagKey));
      fits = keys.size <= most;
      if (!fits) return;
      for (const { TagKey, TagValue } of tags)
        this.#db
          .sql('INSERT OR REPLACE INTO tags (region, key_id, tag_key, tag_value) VALUES (?, ?, ?, ?)')
          .run(key.region, key.keyId, TagKey, TagValue);
    });
    return fits;
  }

  remove(key: KeyPlace, tagKeys: readonly string[]): void {
    this.#db.transaction(() => {
      for (const tagKey of tagKeys)
        this.#db
          .sql('DELETE FROM tags WHERE region = ? AND key_id = ? AND tag_key = ?')
          .run(key.region, key.keyId, tagKey);
    });
  }

  /** Tags after `after`, in order, at most `limit` (-1: all). */
  list(key: KeyPlace, after: string, limit: number): Tag[] {
    return this.#db
      .sql(
        `SELECT tag_key AS TagKey, tag_value AS TagValue FROM tags WHERE region = ? AND key_id = ? AND tag_key > ?
         ORDER BY tag_key LIMIT ?`,
      )
      .all(key.region, key.keyId, after, limit)
      .map((row) => ({ TagKey: String(row.TagKey), TagValue: String(row.TagValue) }));
  }
}
