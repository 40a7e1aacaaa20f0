import mqttPacket from 'mqtt-packet';

/**
 * The library keeps a buffer for each of the 65,536 packet identifiers that there may be, made before the first packet: ten
 * megabytes, to save what our acknowledgements do not need. To be called before anything of it is used.
 */
export function spareMqttPacketMemory(): void {
  mqttPacket.writeToStream.cacheNumbers = false;
}
