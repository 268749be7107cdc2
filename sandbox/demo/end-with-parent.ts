/**
 * Loaded into the bot's process before it: when the demo goes away, even by kill -9, its channel to the bot
 * breaks, and the bot ends in order as with any SIGTERM.
 */
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
process.channel?.unref();
