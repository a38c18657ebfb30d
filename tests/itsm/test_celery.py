from celery import current_app

from itsm.celery import enter_request, leave_request, pass_request_id_on
from itsm.lib.context import request_id


class Task:
    name = "desk.beat_worker"

    def __init__(self, **request):
        self.request = type("Request", (), request)()


def test_a_job_logs_under_the_request_that_caused_it():
    headers = {}
    token = request_id.set("req-1")
    try:
        pass_request_id_on(headers=headers)
    finally:
        request_id.reset(token)
    task = Task(**headers)
    enter_request(task_id="job-1", task=task)
    assert request_id.get() == "req-1"
    leave_request(task=task, state="SUCCESS")
    assert request_id.get() == ""


def test_a_job_of_the_scheduler_logs_under_its_own_id():
    task = Task()
    enter_request(task_id="job-2", task=task)
    assert request_id.get() == "job-2"
    leave_request(task=task, state="SUCCESS")


def test_messages_carry_the_request_and_go_to_their_queue():
    token = request_id.set("req-3")
    try:
        with current_app.connection_for_write() as connection:
            channel = connection.default_channel
            current_app.send_task("desk.beat_worker", connection=connection)
            message = channel.basic_get("urgent")
            assert message is not None
            assert message.headers["request_id"] == "req-3"
            message.ack()
    finally:
        request_id.reset(token)
