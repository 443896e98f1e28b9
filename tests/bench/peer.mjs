// peer.mjs BASE_URL FILE N: sends FILE's lines, N at once, with Node's own fetch; prints the answers.
import { readFileSync } from 'node:fs';

const [base, file, n] = process.argv.slice(2);
const bodies = readFileSync(file, 'utf8').trimEnd().split('\n');
const answers = [];
let next = 0;

async function worker() {
	while (next < bodies.length) {
		const i = next++;
		const response = await fetch(`${base}/chat/completions`, {
			method: 'POST',
			headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
			body: bodies[i],
		});
		if (!response.ok)
			throw new Error(`${response.status}`);
		answers[i] = (await response.json()).choices[0].message.content;
	}
}

await Promise.all(Array.from({ length: Math.min(Number(n), bodies.length) }, worker));
process.stdout.write(answers.join('\n') + '\n');
