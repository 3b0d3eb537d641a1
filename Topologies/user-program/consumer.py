"""Takes letters from a queue and acknowledges each when it has read it: plain pika, nothing of orch."""

import os

import pika

QUEUE = "letters"


def read(channel, method, properties, body) -> None:
    again = " (again)" if method.redelivered else ""
    print(f"read {body.decode()}{again}", flush=True)
    channel.basic_ack(method.delivery_tag)


def main() -> None:
    connection = pika.BlockingConnection(pika.URLParameters(os.environ["ORCH_BROKER_URL"]))
    channel = connection.channel()
    channel.queue_declare(QUEUE, durable=True)
    channel.basic_qos(prefetch_count=20)
    channel.basic_consume(QUEUE, on_message_callback=read)
    try:
        channel.start_consuming()
    except KeyboardInterrupt:
        connection.close()


if __name__ == "__main__":
    main()
