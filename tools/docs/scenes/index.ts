import { AUDIT } from './audit.ts';
import { BLOBS } from './blobs.ts';
import { KEYS } from './keys.ts';
import { REACH_SCENES } from './reach.ts';
import { RUNS } from './runs.ts';
import type { Scene, SceneView } from './scene.ts';
import { STATES } from './states.ts';

export type { Scene, SceneView } from './scene.ts';

/** Every view in every state that a person meets. */
export const SCENES: readonly Scene[] = [...BLOBS, ...RUNS, ...KEYS, ...AUDIT, ...REACH_SCENES, ...STATES];

/** Views of the navigation that no scene shows. */
export function withoutScene(views: readonly string[], scenes: readonly Scene[] = SCENES): string[] {
  const shown = new Set<SceneView | string>(scenes.map(({ view }) => view));
  return views.filter((view) => !shown.has(view));
}
