import type { Assets } from '../assets/index.ts';
import type { Gateways } from '../gateways/index.ts';
import type { Platform } from '../platform/index.ts';

/** What devices are built upon. */
export interface Dependencies {
  readonly platform: Platform;
  readonly assets: Assets;
  readonly gateways: Gateways;
}
