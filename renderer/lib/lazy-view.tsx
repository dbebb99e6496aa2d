import { type ComponentType, lazy } from 'react';

/** How often it was asked to load again what had failed. */
let presses = 0;

/** Has views that could not be loaded try again the next time that they are drawn. */
export const loadAgain = (): void => {
  presses += 1;
};

/**
 * A component that is loaded when it is first shown. React keeps the failure of a load, and draws again by itself what
 * failed: this one is loaded again once for each {@link loadAgain}, and never without.
 */
export function lazyView<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
): ComponentType<Props> {
  let failedAt = Number.POSITIVE_INFINITY;
  const make = () =>
    lazy(async () => {
      try {
        return { default: (await load()) as ComponentType<object> };
      } catch (error) {
        failedAt = presses;
        throw error;
      }
    });
  let Loaded = make();
  return function View(props: Props) {
    if (failedAt < presses) {
      failedAt = Number.POSITIVE_INFINITY;
      Loaded = make();
    }
    return <Loaded {...props} />;
  };
}
