// json5.js FOLDER [COUNT [SEED]] - documents for tests/json5.bats, and what
// node-json5 makes of each: FOLDER/documents, each ended by a NUL, and
// FOLDER/wanted, a line each.  The same on every run.
//
// A line is `error` or the value: n and the 16 hex digits of a double (one NaN
// for all), s and the hex digits of a text's UTF-8, k and those of a member's
// name, T, F, 0 for null.
//
// What is left out, and why:
// - names such as '7', since JavaScript moves array indices to the front (those
//   that are no index, '07' or '1.5', are here);
// - names of symbols: ours takes more than Unicode's letters, see json5lex.c;
//   and letters beyond U+FFFF as two \u escapes in a name, which ES5 has not;
// - NUL bytes, which divide the documents, and what is not UTF-8, which
//   JavaScript would not see.
// Lone surrogates are U+FFFD in both: JavaScript's are made so here.
'use strict'
const fs = require('fs')
const JSON5 = require('json5')

const folder = process.argv[2]
const count = Number(process.argv[3] || 2000)
let state = Number(process.argv[4] || 5) >>> 0
let simple = false	// no character but ASCII and letters: it is going to be broken

function random(n) {	// mulberry32
	state = (state + 0x6D2B79F5) | 0
	let t = Math.imul(state ^ (state >>> 15), state | 1)
	t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
	return ((t ^ (t >>> 14)) >>> 0) % n
}
const pick = (list) => list[random(list.length)]
const chance = (percent) => random(100) < percent
function repeat(n, make) {
	let s = ''
	while (n-- > 0)
		s += make()
	return s
}

const LINE_ENDS = ['\n', '\r', '\r\n', '\u2028', '\u2029']
const BLANKS = [' ', ' ', '  ', '\t', '\n', '\n', '\v', '\f', '\r', '\r\n', '\u00a0', '\ufeff', '\u1680',
	'\u2000', '\u2005', '\u200a', '\u2028', '\u2029', '\u202f', '\u205f', '\u3000']
const LETTERS = ['é', 'ß', 'Ω', 'ж', '中', 'ｱ', 'ñ']
const SYMBOLS = ['😀', '€', '“', '\u0080', '\uffff', '\ufffd', '\u{10ffff}', '\u200b', '\u0301', '𝒜']

function comment() {
	const text = repeat(random(6), () => pick(['a', ' ', '*', '/ ', '"', "'", '{', '//', '/*', '\\', pick(LETTERS),
		simple ? '' : pick(SYMBOLS)])).replace(/\*+(?=\/)/g, '')
	if (chance(50))
		return '//' + text + pick(LINE_ENDS)
	return '/*' + text + (chance(30) ? pick(LINE_ENDS) : '') + pick(['', '*', '**']) + '*/'
}

function blank() {
	if (chance(55))
		return ''
	return repeat(1 + random(3), () => chance(15) ? comment() : pick(BLANKS))
}

const hex = (c, digits) => {
	const s = c.toString(16).padStart(digits, '0')
	return chance(50) ? s : s.toUpperCase()
}

function escape() {
	switch (random(simple ? 6 : 9)) {
	case 0: return '\\' + pick(['b', 'f', 'n', 'r', 't', 'v', '\\', '/', '"', "'"])
	case 1: return '\\0' + pick(['a', ' ', '\\x30', '\\\n'])	// no digit may follow
	case 2: return '\\x' + hex(0x41 + random(20), 2)
	case 3: return '\\u' + hex(pick(LETTERS).codePointAt(0), 4)
	case 4: return '\\' + pick(LINE_ENDS)
	case 5: return '\\' + pick(['a', 'c', 'z', 'A', '$', ' ', '-', '{', 'é', '中'])
	case 6: return '\\u' + hex(random(0x10000), 4)
	case 7: return '\\x' + hex(random(256), 2)
	default: return '\\u' + hex(0xd800 + random(0x400), 4) + (chance(70) ? '\\u' + hex(0xdc00 + random(0x400), 4) : '')
	}
}

function text() {
	const quote = pick(['"', "'"])
	const other = quote === '"' ? "'" : '"'
	return quote + repeat(random(chance(5) ? 200 : 8), () => {
		switch (random(10)) {
		case 0: return escape()
		case 1: return escape()
		case 2: return other
		case 3: return pick(LETTERS)
		case 4: return simple ? 'x' : pick(SYMBOLS)
		case 5: return simple ? ' ' : pick(['\t', '\u2028', '\u2029', '\u0001', '\u007f'])
		default: return pick(['a', 'b', ' ', '1', '/', '*', ',', ':', '{', '}', '[', ']', '//', '/*', 'u', 'x'])
		}
	}) + quote
}

const digits = (n) => repeat(n, () => String(random(10)))
const whole = () => chance(25) ? '0' : String(1 + random(9)) + digits(random(chance(10) ? 40 : chance(20) ? 19 : 4))
const exponent = () => pick(['e', 'E']) + pick(['', '+', '-']) + digits(1 + random(chance(10) ? 4 : 2))

function number() {
	const sign = pick(['', '', '', '+', '-'])
	switch (random(8)) {
	case 0: return sign + pick(['Infinity', 'NaN'])
	case 1: return sign + pick(['0x', '0X']) + repeat(1 + random(chance(20) ? 40 : 8), () => hex(random(16), 1))
	case 2: return sign + whole() + '.' + digits(random(chance(20) ? 50 : 5)) + (chance(40) ? exponent() : '')
	case 3: return sign + '.' + digits(1 + random(chance(20) ? 50 : 5)) + (chance(40) ? exponent() : '')
	case 4: return sign + whole() + exponent()
	case 5: return sign + pick(['9007199254740993', '1.7976931348623157e308', '1.7976931348623159e308', '5e-324',
		'2.5e-324', '2.4e-324', '2.2250738585072011e-308', '0', '0.0', '-0'.slice(1), '0x0',
		'9007199254740993.0000000000000000000000000000001', '123456789012345678901234567890'])
	default: return sign + whole()
	}
}

const WORDS = ['a', 'b', '$', '_', 'a1', 'null', 'true', 'NaN', 'Infinity', 'if', '__proto__', 'constructor', 'toString',
	'hasOwnProperty', 'length', 'été', 'ключ', '名前', 'x\u0301', 'a\u200c', 'ª1']

function name() {
	switch (random(6)) {
	case 0: return pick(['"07"', "'1.5'", "'-1'", '""', "''", "'__proto__'", '"a b"', "'a'", '"\\u0061"'])
	case 1: {	/* an index would be moved to the front */
		const s = text()
		return isIndex(JSON5.parse(s)) ? '"n"' : s
	}
	case 2: return pick(['\\u0061', 'a\\u0062', '\\u005f_proto__', '\\u00e9t\\u00E9', '\\u0024', 'x\\u0031', '\\u4e2d'])
	case 3: return simple ? 'c' : '𝒜' + digits(random(2))
	default: return pick(simple ? WORDS.slice(0, -3) : WORDS)	// the last have what is no letter
	}
}

function isIndex(key) {
	return /^(0|[1-9]\d*)$/.test(key)
}

function sequence(open, close, item) {
	let s = open
	const n = chance(15) ? 0 : 1 + random(chance(5) ? 30 : 4)
	for (let i = 0; i < n; i++)
		s += blank() + item() + blank() + (i < n - 1 || chance(25) ? ',' : '')
	return s + blank() + close
}

function value(depth) {
	const kind = random(depth > 5 ? 6 : 11)
	if (kind < 2)
		return text()
	if (kind < 5)
		return number()
	if (kind === 5)
		return pick(['null', 'true', 'false'])
	if (kind < 8)
		return sequence('[', ']', () => value(depth + 1))
	return sequence('{', '}', () => name() + blank() + ':' + blank() + value(depth + 1))
}

function broken(s) {
	const chars = Array.from(s)
	for (let n = 1 + random(2); n > 0; n--) {
		const at = random(chars.length + 1)
		const c = pick(['{', '}', '[', ']', ',', ':', '"', "'", '\\', '/', '*', '0', '1', '.', 'e', 'x', 'u', '+', '-', '\n',
			' ', 'a', '#', '\u0001', '\r', 'é'])
		switch (random(4)) {
		case 0: chars.splice(at, 1); break
		case 1: chars.splice(at, 0, c); break
		case 2: chars.splice(at, 1, c); break
		default: if (chance(30)) chars.splice(at)
		}
	}
	return chars.join('')
}

const bytes = (s) => Buffer.from(s.replace(/\p{Surrogate}/gu, '\ufffd'), 'utf8').toString('hex')
const double = Buffer.alloc(8)

function show(v) {
	switch (typeof v) {
	case 'string': return 's' + bytes(v)
	case 'boolean': return v ? 'T' : 'F'
	case 'number':
		double.writeDoubleBE(v)
		return 'n' + (Number.isNaN(v) ? 'nan' : double.toString('hex'))
	}
	if (v === null)
		return '0'
	if (Array.isArray(v))
		return '[' + v.map((e) => show(e) + ',').join('') + ']'
	return '{' + Object.keys(v).map((k) => 'k' + bytes(k) + ':' + show(v[k]) + ',').join('') + '}'
}

function hasIndex(v) {
	if (v === null || typeof v !== 'object')
		return false
	return Object.values(v).some(hasIndex) ||
		(!Array.isArray(v) && Object.keys(v).some(isIndex))
}

console.warn = () => {}	// it warns of U+2028 in a text
const documents = []
const wanted = []
for (let i = 0; wanted.length < count; i++) {
	const breaks = i % 4 === 3
	simple = breaks
	let s = (chance(3) ? '\ufeff' : '') + blank() + value(chance(20) ? 6 : 0) + blank() + (chance(5) ? '// end' : '')
	if (breaks)
		s = broken(s)
	let line
	try {
		const v = JSON5.parse(s)
		if (breaks && hasIndex(v))
			continue
		line = show(v)
	} catch (e) {
		if (!breaks)
			throw new Error('not meant to be broken: ' + JSON.stringify(s) + ': ' + e.message)
		line = 'error'
	}
	documents.push(s.replace(/\p{Surrogate}/gu, '\ufffd') + '\0')
	wanted.push(line + '\n')
}
fs.writeFileSync(folder + '/documents', documents.join(''))
fs.writeFileSync(folder + '/wanted', wanted.join(''))
