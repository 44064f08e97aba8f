// wait_event() tests, sleeps and tests again.
static int waits(struct foo *foo)
{
	long left;
	int ret;

	wait_event(foo->wq, !atomic_read(&foo->users));
	wait_event(foo->wq, foo->done);
	ret = wait_event_interruptible(foo->wq, foo->a && !foo->b);
	if (ret)
		return ret;
	left = wait_event_timeout(foo->wq, foo->c, 10 * HZ);
	if (!left)
		return -ETIMEDOUT;
	if (wait_event_killable_timeout(foo->wq, foo->d, HZ) <= 0)
		return -EINTR;
	wait_for_completion(&foo->comp);
	return 0;
}
