"""Sends letters to a queue and waits for the broker's confirm of each: plain pika, nothing of orch."""

import os
import sys

import pika

QUEUE = "letters"


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    connection = pika.BlockingConnection(pika.URLParameters(os.environ["ORCH_BROKER_URL"]))
    channel = connection.channel()
    channel.queue_declare(QUEUE, durable=True)
    channel.confirm_delivery()
    print("connected", flush=True)
    for number in range(1, count + 1):
        # With confirms on, this raises if the broker refuses the message.
        channel.basic_publish(
            exchange="",
            routing_key=QUEUE,
            body=f"letter {number}".encode(),
            properties=pika.BasicProperties(delivery_mode=2, message_id=str(number)),
        )
    print(f"{count} letters confirmed", flush=True)
    connection.close()


if __name__ == "__main__":
    main()
