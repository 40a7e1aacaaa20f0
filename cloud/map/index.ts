/**
 * Where the devices are, and how they are.
 *
 * Actors: whoever looks at the map asks for a part of the world, at the grain that the screen can show.
 *
 * A device stands where it says itself, or else where its site is. What lies in one square of the grain is one point,
 * with how many devices, how many of them are connected, and the worst of their open alerts; so an answer stays small
 * however many devices there are. Devices without a place are counted, not forgotten.
 *
 * May go wrong: a part of the world over the 180th meridian (its west lies east of its east: it goes around); more
 * squares than are shown (those with the worst alerts and the most devices come first, and it is said that there are
 * more).
 */
import type { Capability, Platform } from '../platform/index.ts';
import { mapRoutes } from './routes.ts';

export { MapView } from './schemas.ts';

export function createMap(platform: Platform): Capability {
  return {
    name: 'map',
    routes: (app) => mapRoutes(app, platform),
  };
}
