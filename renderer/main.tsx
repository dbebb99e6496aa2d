import { allowNoMarkup } from './lib/trusted-types.ts';
import { mount } from './mount.tsx';

allowNoMarkup();
mount();
