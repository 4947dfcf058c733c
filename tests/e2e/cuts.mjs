/*
 * A network that fails: a proxy that ends connections at any byte, in either direction, in the ways
 * that networks have.
 *
 *   trueup ══ up ═▶ Cutter ══▶ server     cuts = [{direction: 'up', after: 1234, how: 'reset'}]
 *          ◀═ down ═      ◀══              each new connection takes the next of them; with none
 *                                         left it is not cut
 *
 * Silence ends by a reset: a proxy's kernel goes on answering for it, so nobody could ever notice.
 * (Silence without an end is in servers_hosts.test.mjs, where the network itself is cut.)
 */
import net from 'node:net';
import {listening, moved} from './between.mjs';

/* As long as the silent and the halved wait. */
const SILENCE_MS = 250;

const later = (f) => setTimeout(f, SILENCE_MS).unref();

/* What becomes of a connection: client and server are the proxy's two sockets of it. */
export const WAYS = {
    /* RST to both. */
    reset: (client, server) => [client, server].forEach((socket) => socket.resetAndDestroy()),
    /* FIN to both. */
    end: (client, server) => [client, server].forEach((socket) => socket.destroySoon()),
    /* Nothing passes any more; in the end RST. */
    silence: (client, server) => later(() => WAYS.reset(client, server)),
    /* The worker is told, the server not yet: it goes on with what it has. */
    deaf_server: (client, server) => {
        client.resetAndDestroy();
        later(() => server.resetAndDestroy());
    },
    /* The other way round. */
    deaf_client: (client, server) => {
        server.resetAndDestroy();
        later(() => client.resetAndDestroy());
    },
};

/* One connection through the proxy. */
class Passage {
    constructor(proxy, client, server, cut) {
        Object.assign(this, {proxy, client, server, cut});
        this.passed = {up: 0, down: 0};
        this.isCut = false;
        this.flow('up', client, server);
        this.flow('down', server, client);
    }

    flow(direction, from, to) {
        from.setNoDelay(true);
        from.on('error', () => {});
        /* What ends by itself ends on the other side too, after what was sent before. */
        from.on('close', () => this.isCut || to.destroySoon());
        from.on('data', (data) => this.pass(direction, data, to));
    }

    /* The byte that is too much is not passed on, and nothing after it. */
    pass(direction, data, to) {
        if (this.isCut)
            return;
        const {cut, proxy, passed} = this;
        const left = cut?.direction === direction ? cut.after - passed[direction] : Infinity;
        const fits = Math.min(left, data.length);
        passed[direction] += fits;
        proxy.bytes[direction] += fits;
        to.write(data.subarray(0, fits));
        if (fits === data.length)
            return;
        this.isCut = true;
        proxy.done.push(cut);
        WAYS[cut.how](this.client, this.server);
    }
}

export class Cutter {
    /* In front of the server of that URL. */
    static async open(url) {
        const proxy = new Cutter();
        const {hostname, port} = new URL(url);
        proxy.passages = [];
        proxy.cuts = [];
        proxy.clear();
        proxy.server = net.createServer((client) => proxy.passages.push(new Passage(proxy, client,
            net.connect(Number(port), hostname), proxy.cuts.shift())));
        proxy.url = moved(url, await listening(proxy.server));
        return proxy;
    }

    /* Counts anew: bytes that passed, cuts that were made; none is left over. */
    clear() {
        this.cuts.length = 0;
        this.done = [];
        this.bytes = {up: 0, down: 0};
    }

    close() {
        for (const {client, server} of this.passages)
            [client, server].forEach((socket) => socket.destroy());
        this.server.close();
    }
}
