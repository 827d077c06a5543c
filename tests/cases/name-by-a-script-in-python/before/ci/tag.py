import os

print(os.environ["CI_JOB_NAME"])
