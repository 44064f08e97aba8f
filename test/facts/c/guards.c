// Guards: the call where they are taken, and the release at every way out.
static int simple(struct foo *foo)
{
	guard(mutex)(&foo->lock);

	if (foo->a)
		return foo->b;
	guard(rwsem_read)(&foo->sem);
	if (foo->c)
		return -EBUSY;
	use(foo);
	return finish(foo);
}

static void in_loop(struct foo *foo)
{
	struct item *item;

	list_for_each_entry(item, &foo->items, link) {
		guard(spinlock)(&item->lock);

		if (item->skip)
			continue;
		if (item->last)
			break;
		if (item->fatal)
			return;
		if (item->jump)
			goto out;
		use(item);
	}
	rest(foo);
out:
	done(foo);
}

static int scoped(struct foo *foo)
{
	int ret = 0;

	while (foo->more) {
		scoped_guard(mutex, &foo->lock) {
			if (foo->a)
				return 1;
			if (foo->b)
				break;
			if (foo->c)
				continue;
			if (foo->d)
				goto out;
			use(foo);
		}
		after(foo);
	}
	scoped_guard(rcu)
		ret = lookup(foo);
out:
	return ret;
}

static int conditional(struct foo *foo)
{
	int ret;

	scoped_guard(mutex_intr, &foo->lock) {
		use(foo);
		return 0;
	}
	scoped_cond_guard(mutex_try, return -EBUSY, &foo->lock) {
		use(foo);
	}
	ACQUIRE(mutex_intr, held)(&foo->other);
	if ((ret = ACQUIRE_ERR(mutex_intr, &held)))
		return ret;
	ACQUIRE(spinlock_try, spin)(&foo->spin);
	if (ACQUIRE_ERR(spinlock_try, &spin))
		return -EAGAIN;
	use(foo);
	return 0;
}

static int failing(struct foo *foo)
{
	while (foo->more) {
		scoped_cond_guard(rwsem_read_try, goto out, &foo->sem)
			use(foo);
		scoped_cond_guard(rwsem_read_try, break, &foo->sem)
			use(foo);
		scoped_cond_guard(mutex_intr, continue, &foo->lock) {
			if (foo->a)
				break;
		}
		rest(foo);
	}
out:
	return 0;
}

static void tokens(struct foo *foo)
{
	guard(srcu)(&foo->srcu);
	scoped_guard(spinlock_irqsave, &foo->spin)
		use(foo);
	guard(unheard_of)(foo);
	use(foo);
}

static void moving(struct foo *foo)
{
	guard(mutex)(&foo->lock);
	foo = foo->next;
	use(foo);
}

static int back(struct foo *foo)
{
again:
	use(foo);
	guard(mutex)(&foo->lock);
	if (foo->a)
		goto again;
	if (foo->b)
		goto out;
	guard(rcu)();
	if (foo->c)
		goto out;
out:
	return 0;
}
