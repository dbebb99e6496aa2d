import { allowNoMarkup } from './lib/platform.ts';
import { mount } from './mount.tsx';

allowNoMarkup();
mount();
