/**
 * Letting a gateway in: a code that was made in the cloud is typed here once, and becomes a key.
 *
 * Actors: an administrator makes the code; whoever stands at the box types it.
 *
 * A gateway that runs tells the cloud of the devices that its file names with a category: those that the cloud does not
 * know come into the registry where it allows that. They keep their passwords; signals and rules are the category's
 * from then on. Whatever is refused is told of again every ten minutes.
 *
 * States of the enrolment: nothing here (a starting configuration is written, with a broker for devices and the address of the cloud);
 * a configuration here (it is left as it is, and its key file gets the new key).
 *
 * Invariants: the key file is there or not, never half of it, and only its owner may read it. The code is used only
 * after the room for the key was taken on the disk. A running gateway goes on with its former key until the new one
 * is in its place; nothing is lost.
 *
 * What may go wrong: the code is mistyped, used or too old (nothing was changed here); the answer is lost on its way
 * (the code is used up: another is needed); the cloud goes away just after it (everything is written, and the gateway
 * connects later); the configuration is one of another gateway (its key is left alone, and the new one put beside it).
 */
export * from './announcer.ts';
export * from './enrol.ts';
export * from './starting-configuration.ts';
