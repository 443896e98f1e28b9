# peer.py urllib|httpx|openai BASE_URL FILE N: sends FILE's lines, N at once, by threads; prints the answers.
import json
import sys
from concurrent.futures import ThreadPoolExecutor

how, base, name, n = sys.argv[1:]
headers = {"Content-Type": "application/json", "Accept": "application/json"}

if how == "urllib":
    import urllib.request

    def ask(body):
        request = urllib.request.Request(base + "/chat/completions", body.encode(), headers)
        with urllib.request.urlopen(request) as reply:
            return json.load(reply)["choices"][0]["message"]["content"]

elif how == "httpx":
    import httpx

    client = httpx.Client()

    def ask(body):
        reply = client.post(base + "/chat/completions", content=body, headers=headers)
        return reply.raise_for_status().json()["choices"][0]["message"]["content"]

else:
    import openai

    client = openai.OpenAI(base_url=base, api_key="none")

    def ask(body):
        return client.chat.completions.create(**json.loads(body)).choices[0].message.content


with open(name, encoding="utf-8") as lines:
    bodies = lines.read().splitlines()
with ThreadPoolExecutor(min(int(n), len(bodies))) as pool:
    print("\n".join(pool.map(ask, bodies)))
