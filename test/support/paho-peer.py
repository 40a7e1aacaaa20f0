"""A device on paho-mqtt: carries out steps that it reads as lines of JSON, and answers each with one."""
import json
import sys
import threading

import paho.mqtt.client as mqtt

arguments = json.loads(sys.argv[1])
lock = threading.Lock()


def say(answer):
    with lock:
        print(json.dumps(answer), flush=True)


options = {"client_id": arguments.get("clientId", ""), "clean_session": True}
if hasattr(mqtt, "CallbackAPIVersion"):
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION1, **options)
else:
    client = mqtt.Client(**options)
client.username_pw_set(arguments["username"], arguments["password"])
if "caFile" in arguments:
    client.tls_set(ca_certs=arguments["caFile"])
if "will" in arguments:
    client.will_set(**arguments["will"])
client.on_connect = lambda _c, _u, _f, code: say({"connected": code})
client.on_disconnect = lambda _c, _u, code: say({"disconnected": code})
client.on_message = lambda _c, _u, message: say(
    {"message": message.topic, "payload": message.payload.decode(), "retain": bool(message.retain)}
)
client.on_subscribe = lambda _c, _u, _m, granted: say({"subscribed": list(granted)})
client.reconnect_delay_set(min_delay=60)
client.connect("127.0.0.1", arguments["port"], keepalive=20)
client.loop_start()

for line in sys.stdin:
    step = json.loads(line)
    if "publish" in step:
        payload = step["payload"] if "payload" in step else "x" * step["bytes"]
        sent = client.publish(step["publish"], payload, qos=step["qos"], retain=step.get("retain", False))
        try:
            sent.wait_for_publish(5)
            say({"published": sent.is_published()})
        except (RuntimeError, ValueError) as error:
            say({"published": False, "error": str(error)})
    elif "subscribe" in step:
        client.subscribe(step["subscribe"], step["qos"])
    elif step.get("end"):
        client.disconnect()
        client.loop_stop()
        break
